"""Programs that `benchmark.py` runs beside eveobs: the least that does the same, and servers."""

from __future__ import annotations

TWO_COMMANDS = """
import typer
app = typer.Typer(rich_markup_mode=None)
@app.command()
def one(name: str = "x") -> None: "Do one thing."
@app.command()
def two(count: int = 1) -> None: "Do another."
app()
"""

BARE_LOOP = """
import asyncio, json, sys, time, aiohttp
async def main(urls):
    left = iter(urls)
    async def work(session):
        for url in left:
            async with session.get(url) as response:
                await response.read()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20)) as session:
        started = time.perf_counter()
        await asyncio.gather(*(work(session) for _ in range(20)))
        return len(urls) / (time.perf_counter() - started)
print(asyncio.run(main(json.load(open(sys.argv[1])))))
"""

BARE_ORDERS = """
import asyncio, json, sqlite3, sys, time, aiohttp
async def main(url, path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    names = ("order_id type_id location_id system_id price volume_remain volume_total min_volume "
             "issued duration range is_buy_order").split()
    database.execute(f"CREATE TABLE orders (order_id INTEGER PRIMARY KEY, {', '.join(names[1:])})")
    insert = f"INSERT OR REPLACE INTO orders VALUES ({', '.join('?' * len(names))})"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20)) as session:
        async def page(number):
            async with session.get(f"{url}&page={number}") as response:
                rows = json.loads(await response.read())
                database.executemany(insert, [[row[name] for name in names] for row in rows])
                return int(response.headers["x-pages"])
        left = iter(range(2, await page(1) + 1))
        async def work():
            for number in left:
                await page(number)
        await asyncio.gather(*(work() for _ in range(20)))
    database.commit()
asyncio.run(main(sys.argv[1], sys.argv[2]))
"""

COUNTING_SERVER = """
import asyncio
from aiohttp import web
under_way = most = 0
async def answer(request):
    global under_way, most
    if request.path == "/most":
        return web.json_response(most)
    under_way += 1
    most = max(most, under_way)
    await asyncio.sleep(2)
    under_way -= 1
    return web.json_response([])
async def main():
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2000)
    await site.start()
    print("http://127.0.0.1:%d" % site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""

THOUSAND = """
import asyncio, sys, time
import httpx
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.routes import BY_PATH
from eveobs.settings import Esi
ORDERS = BY_PATH["GET", "/markets/{region_id}/orders"]  # its bucket holds 12,000 tokens
async def main(url):
    async with EsiClient(Esi(base_url=url, concurrency=1000), ResponseCache(None)) as esi:
        started = time.perf_counter()
        ask = lambda number: esi.get(ORDERS, {"region_id": number}, shape=list[int], keep=False)
        errors = 0
        async for _, answer in esi.each(range(3000), ask):
            errors += isinstance(answer, Exception)
        seconds = time.perf_counter() - started
    print(f"{httpx.get(url + '/most').json()}, {errors}, {seconds:.1f}")
asyncio.run(main(sys.argv[1]))
"""
