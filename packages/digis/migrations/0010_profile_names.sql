-- What people are called. Both may be absent: nobody is asked for them to join.
ALTER TABLE users
  ADD COLUMN display_name text,
  ADD COLUMN username text,
  ADD CONSTRAINT chk_users_display_name
    CHECK (char_length(display_name) BETWEEN 1 AND 100 AND display_name = btrim(display_name)) NOT VALID,
  ADD CONSTRAINT chk_users_username CHECK (username ~ '^[A-Za-z0-9][A-Za-z0-9._]{2,29}$') NOT VALID;
