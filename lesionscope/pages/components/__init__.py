"""Parts of a page that Streamlit does not have: each one Python file and its one script."""
