"""The app: thin scripts, top to bottom. The only room that knows Streamlit."""
