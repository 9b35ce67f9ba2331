"""The pages by what they are about; each asks the functions the commands ask, and holds no query and no rule."""
