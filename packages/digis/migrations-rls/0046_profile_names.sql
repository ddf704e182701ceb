-- People name themselves, as they say everything else of their profile.
GRANT INSERT (display_name, username), UPDATE (display_name, username) ON users TO authenticated;
