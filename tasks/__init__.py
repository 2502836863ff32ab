"""Where the world is touched: one shard of problems in, Parquet out; retries; hubs."""
