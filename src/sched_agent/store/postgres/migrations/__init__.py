"""The schema, step by step, in SQL. A step that has been released is never edited; add one."""
