-- What else may be in the way of a closing account, where the last look could not tell.
ALTER TABLE closure ADD COLUMN blockers_unknown TEXT;
