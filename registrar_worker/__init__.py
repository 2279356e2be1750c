"""The process that takes what patients ask to change: register and cancel. It assigns ticket codes."""
