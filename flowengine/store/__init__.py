"""The one door to PostgreSQL. Rows never leave it: functions return frozen structs."""
