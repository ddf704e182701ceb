--! no-transaction
-- The documents of the creators who were there before, a few at a time: nobody waits for more than a batch, and a run
-- that was killed goes on where it was. Users whom somebody is changing are left for the next round.
DO $$
DECLARE
  last bigint := 0;
  ids bigint[];
BEGIN
  LOOP
    ids := ARRAY(
      SELECT u.id FROM users AS u
       WHERE u.is_creator AND u.id > last
         AND NOT EXISTS (SELECT FROM creator_documents AS d WHERE d.creator_id = u.id)
       ORDER BY u.id LIMIT 200 FOR SHARE OF u SKIP LOCKED);
    PERFORM index_creators(ids);
    COMMIT;
    last := ids[cardinality(ids)];
    CONTINUE WHEN last IS NOT NULL;
    EXIT WHEN NOT EXISTS (
      SELECT FROM users AS u
       WHERE u.is_creator AND NOT EXISTS (SELECT FROM creator_documents AS d WHERE d.creator_id = u.id));
    last := 0;
    PERFORM pg_sleep(0.1);
  END LOOP;
END
$$;
