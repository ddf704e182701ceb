-- Sessions between a creator and a fan. A session without end_time is going on.

CREATE TABLE sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  creator_id bigint NOT NULL,
  fan_id bigint NOT NULL,
  type text NOT NULL DEFAULT 'video',
  start_time timestamptz NOT NULL DEFAULT now(),
  end_time timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT fk_sessions_creator FOREIGN KEY (creator_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT fk_sessions_fan FOREIGN KEY (fan_id) REFERENCES users (id) ON DELETE RESTRICT,
  CONSTRAINT chk_sessions_two_people CHECK (creator_id <> fan_id),
  CONSTRAINT chk_sessions_type CHECK (type IN ('video', 'voice', 'text')),
  CONSTRAINT chk_sessions_start_time CHECK (isfinite(start_time)),
  CONSTRAINT chk_sessions_end_time CHECK (end_time >= start_time AND isfinite(end_time))
);

-- A user's sessions, newest first, from either side; they carry the foreign keys too.
CREATE INDEX idx_sessions_creator_id ON sessions (creator_id, start_time DESC, id DESC);
CREATE INDEX idx_sessions_fan_id ON sessions (fan_id, start_time DESC, id DESC);

-- The few that are going on, however many have ended.
CREATE INDEX idx_sessions_active_creator_id ON sessions (creator_id) WHERE end_time IS NULL;
CREATE INDEX idx_sessions_active_fan_id ON sessions (fan_id) WHERE end_time IS NULL;

CREATE TRIGGER trg_sessions_updated_at
  BEFORE UPDATE ON sessions
  FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION set_updated_at();
