ALTER TABLE users VALIDATE CONSTRAINT chk_users_display_name;
ALTER TABLE users VALIDATE CONSTRAINT chk_users_username;
