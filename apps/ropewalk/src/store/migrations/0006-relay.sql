-- not breaking: how far the relay has published the ledger, and dead letters: messages that came to nothing

CREATE TABLE ropewalk.relay_positions (
  workspace_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  position bigint NOT NULL CHECK (position >= 0),
  life text NOT NULL,
  PRIMARY KEY (workspace_id, name)
) WITH (fillfactor = 50);

-- `redrives` counts how often it was sent again; what comes back from that comes back to its own row.
CREATE TABLE ropewalk.dead_letters (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  recorded_at timestamptz(3) NOT NULL,
  event_id text,
  event_type text,
  reason text COLLATE "C" NOT NULL,
  schema_id text,
  problems json NOT NULL,
  topic text COLLATE "C" NOT NULL,
  consumer_group text COLLATE "C" NOT NULL,
  attempts integer NOT NULL,
  first_seen_at timestamptz(3) NOT NULL,
  last_seen_at timestamptz(3) NOT NULL,
  error_class text,
  error_message text NOT NULL,
  trace text,
  event json,
  original json NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('open', 'redriven', 'dropped')),
  redrives integer NOT NULL,
  resolved_at timestamptz(3),
  resolved_by text,
  note text,
  PRIMARY KEY (id, workspace_id)
);
CREATE INDEX dead_letters_by_age ON ropewalk.dead_letters (workspace_id, recorded_at);
CREATE INDEX dead_letters_by_status ON ropewalk.dead_letters (workspace_id, status, recorded_at);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['relay_positions', 'dead_letters'] LOOP
    EXECUTE format('ALTER TABLE ropewalk.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY named_workspaces ON ropewalk.%I USING (array_position((SELECT string_to_array('
      'nullif(current_setting(''ropewalk.workspaces'', true), ''''), '','')), workspace_id) IS NOT NULL)',
      name);
  END LOOP;
END
$$;
