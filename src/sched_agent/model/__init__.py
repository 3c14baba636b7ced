"""What exists and what is true: frozen values and pure rules, without input, output or a clock."""
