"""What a site holds, for comparing two: posts, fields, terms, the index. Ids, which differ, are left out."""

from __future__ import annotations

from typing import Any

from tests.integration.wordpress.site import Site

_CODE = r"""
(function () {
	global $wpdb;
	$found = array('posts' => array(), 'strays' => array());
	$posts = $wpdb->get_results("SELECT * FROM $wpdb->posts WHERE post_type LIKE 'eve\\_%' OR (post_type = 'post' AND post_content LIKE '%<!-- eveobs:%') ORDER BY post_name, ID");
	foreach ($posts as $post) {
		$meta = $wpdb->get_results("SELECT meta_key, meta_value FROM $wpdb->postmeta WHERE post_id = $post->ID AND meta_key LIKE 'eve\\_%' ORDER BY meta_key, meta_value", ARRAY_N);
		$terms = $wpdb->get_results("SELECT x.taxonomy, t.name FROM $wpdb->term_relationships r JOIN $wpdb->term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id LEFT JOIN $wpdb->terms t ON t.term_id = x.term_id WHERE r.object_id = $post->ID ORDER BY 1, 2", ARRAY_N);
		$found['posts'][] = array($post->post_name, $post->post_type, $post->post_status, $post->post_title, $post->post_content, $post->post_excerpt, $post->post_date_gmt, $post->post_author, $meta, $terms);
	}
	$found['counts'] = $wpdb->get_results("SELECT x.taxonomy, t.name, x.count FROM $wpdb->term_taxonomy x LEFT JOIN $wpdb->terms t ON t.term_id = x.term_id WHERE x.taxonomy LIKE 'eve\\_%' AND x.count > 0 ORDER BY 1, 2", ARRAY_N);
	$found['strays'] = array(
		(int) $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->postmeta m LEFT JOIN $wpdb->posts p ON p.ID = m.post_id WHERE p.ID IS NULL AND m.meta_key LIKE 'eve\\_%'"),
		(int) $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->term_relationships r LEFT JOIN $wpdb->term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE x.term_taxonomy_id IS NULL"),
	);
	if (function_exists('Eveobs\\table')) {
		$found['index'] = $wpdb->get_results('SELECT d.kind, d.external_id, p.post_name, d.hash, d.digests FROM ' . \Eveobs\table() . " d LEFT JOIN $wpdb->posts p ON p.ID = d.post_id WHERE d.kind <> '~' ORDER BY 1, 2", ARRAY_N);
	}
	return $found;
})()
"""


def held(site: Site) -> Any:
    """All that `site` holds of documents."""
    return site.data(_CODE.replace("\t", ""))


def assert_same(found: Any, wanted: Any, *, strays: bool = True) -> None:
    """Post by post, so that what differs can be read. `strays`: no rows without a post, either."""
    names = [post[0] for post in wanted["posts"]]
    assert [post[0] for post in found["posts"]] == names
    for one, other in zip(found["posts"], wanted["posts"], strict=True):
        differing = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
        assert not differing, f"{one[0]}: {differing}"
    assert found.get("index") == wanted.get("index")
    assert found["counts"] == wanted["counts"]
    if strays:
        assert found["strays"] == wanted["strays"]
