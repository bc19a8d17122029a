-- not breaking: the event bus over Postgres; what was stored before is untouched

-- A publisher locks the topic's row until it commits and numbers its messages from there: positions have no
-- gap and become readable in their order, so a group's cursor never passes a slower publisher.
CREATE TABLE ropewalk.bus_topics (
  workspace_id text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  last bigint NOT NULL CHECK (last >= 0),
  PRIMARY KEY (workspace_id, topic)
) WITH (fillfactor = 50);

CREATE TABLE ropewalk.bus_messages (
  workspace_id text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  position bigint NOT NULL CHECK (position > 0),
  key text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  published_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, topic, position)
);

-- Apart from the messages: a key is remembered for its 24 hours even when its message was trimmed away.
CREATE TABLE ropewalk.bus_keys (
  workspace_id text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  published_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, topic, key)
);
CREATE INDEX bus_keys_by_age ON ropewalk.bus_keys (published_at);

CREATE TABLE ropewalk.bus_groups (
  workspace_id text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  cursor bigint NOT NULL CHECK (cursor >= 0),
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, topic, name)
) WITH (fillfactor = 50);

-- What is in a consumer's hands: from the read that moved the cursor past it until it is acked.
CREATE TABLE ropewalk.bus_deliveries (
  workspace_id text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  consumer text NOT NULL,
  deliveries integer NOT NULL CHECK (deliveries > 0),
  delivered_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, topic, group_name, position)
) WITH (fillfactor = 70);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['bus_topics', 'bus_messages', 'bus_keys', 'bus_groups', 'bus_deliveries'] LOOP
    EXECUTE format('ALTER TABLE ropewalk.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY named_workspaces ON ropewalk.%I USING (array_position((SELECT string_to_array('
      'nullif(current_setting(''ropewalk.workspaces'', true), ''''), '','')), workspace_id) IS NOT NULL)',
      name);
  END LOOP;
END
$$;
