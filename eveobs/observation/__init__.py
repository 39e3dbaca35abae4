"""The unit of work: one processor, one subject. Collect, apply in one transaction, report.

The only room where a processor and the store meet.
"""
