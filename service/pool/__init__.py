"""The pool as strategies see it: who may be asked, by what ranking, at what expected cost."""
