"""How long a shopper waits in a browser: from a click to what it led to, and for whole pages."""
