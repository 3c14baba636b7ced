"""Measurements beside their references; `python -m bench` prints them and checks their bounds."""
