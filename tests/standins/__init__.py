"""What `standin` is made of: the two providers, as state, and what can go wrong."""
