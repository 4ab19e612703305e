"""How fast, how large: xinksig beside other ways to do the same job."""
