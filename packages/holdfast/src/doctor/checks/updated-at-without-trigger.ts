import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Trigger types are bits: 1 for each row, 2 before, 16 update. What the trigger does is not read: that it is there
 * has to be enough.
 */
export const updatedAtWithoutTrigger: Check = {
  id: 'I22',
  name: 'updated_at_without_trigger',
  title: 'A time of the last change is kept by nobody',
  severity: 'info',
  category: 'integrity',
  explain:
    'Without a trigger the column is right only if every program, every script and every hand sets it. It may be left where one library writes all of the table.',
  query: `${catalogue('columns')}
    SELECT c.name AS object, 'no BEFORE UPDATE trigger on ' || c.table_name AS evidence,
           format(E'CREATE FUNCTION set_%2$s() RETURNS trigger LANGUAGE plpgsql SET search_path = '''' AS $$\\nBEGIN NEW.%1$s := now(); RETURN NEW; END $$;\\nCREATE TRIGGER %4$I BEFORE UPDATE ON %3$s FOR EACH ROW EXECUTE FUNCTION set_%2$s();',
                  c.quoted, c.column_name, c.table_name, left('trg_' || c.short_name || '_' || c.column_name, 60)) AS fix
      FROM columns AS c
     WHERE c.column_name IN ('updated_at', 'modified_at', 'last_modified_at')
       AND NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgrelid = c.relid AND NOT g.tgisinternal AND g.tgtype & 19 = 19)`,
}
