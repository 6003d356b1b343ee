"""Images that pipelines build and push, and what runs them."""
