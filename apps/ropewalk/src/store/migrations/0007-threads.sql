-- not breaking: threads with who takes part, messages, read cursors and wakes
--
-- The ledger names a message by its digest; its text stands here, so that it can be erased (decision 0016).
-- Cursors are no history.

CREATE TABLE ropewalk.threads (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  title text NOT NULL,
  type text NOT NULL,
  status text COLLATE "C" NOT NULL,
  awaiting_human boolean NOT NULL,
  block_cause text,
  run_id uuid,
  item_id uuid,
  created_by text NOT NULL,
  last_seq bigint NOT NULL,
  turns bigint NOT NULL,
  findings json NOT NULL,
  fixes json NOT NULL,
  guests json NOT NULL,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  version bigint NOT NULL,
  head_hash text NOT NULL,
  head_at timestamptz(3) NOT NULL,
  event_format integer NOT NULL,
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 60);
CREATE INDEX threads_by_news ON ropewalk.threads (workspace_id, updated_at);
CREATE INDEX threads_of_run ON ropewalk.threads (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX threads_of_item ON ropewalk.threads (item_id) WHERE item_id IS NOT NULL;

CREATE TABLE ropewalk.thread_participants (
  workspace_id text COLLATE "C" NOT NULL,
  thread_id uuid NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  role text,
  joined_at timestamptz(3) NOT NULL,
  gone_at timestamptz(3),
  gone_seq bigint,
  minute_at timestamptz(3),
  minute_count bigint NOT NULL,
  wake_minute_at timestamptz(3),
  wake_minute_count bigint NOT NULL,
  PRIMARY KEY (thread_id, agent_id, workspace_id)
) WITH (fillfactor = 60);
CREATE INDEX participants_by_agent ON ropewalk.thread_participants (workspace_id, agent_id);

-- A row each from the moment somebody takes part; moved by single statements and never back.
CREATE TABLE ropewalk.participant_cursors (
  workspace_id text COLLATE "C" NOT NULL,
  thread_id uuid NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  last_read_seq bigint NOT NULL CHECK (last_read_seq >= 0),
  delivered_seq bigint NOT NULL CHECK (delivered_seq >= 0),
  updated_at timestamptz(3),
  PRIMARY KEY (thread_id, agent_id, workspace_id)
) WITH (fillfactor = 50);

CREATE TABLE ropewalk.messages (
  workspace_id text COLLATE "C" NOT NULL,
  thread_id uuid NOT NULL,
  seq bigint NOT NULL CHECK (seq >= 1),
  id uuid NOT NULL,
  kind text NOT NULL,
  sender text COLLATE "C" NOT NULL,
  session_id text,
  addressed_to json NOT NULL,
  is_for_all boolean NOT NULL,
  in_reply_to uuid,
  body text,
  digest text NOT NULL,
  bytes bigint NOT NULL,
  metadata json NOT NULL,
  event_type text,
  finding text,
  fix text,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3),
  erased_at timestamptz(3),
  PRIMARY KEY (thread_id, seq, workspace_id)
) WITH (fillfactor = 100);
CREATE UNIQUE INDEX messages_by_id ON ropewalk.messages (id, workspace_id);
CREATE INDEX messages_to_erase ON ropewalk.messages (workspace_id, created_at) WHERE erased_at IS NULL;
CREATE INDEX messages_by_words ON ropewalk.messages USING gin (to_tsvector('simple', body));

CREATE TABLE ropewalk.message_expiries (
  workspace_id text COLLATE "C" NOT NULL,
  thread_id uuid NOT NULL,
  seq bigint NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  expired_at timestamptz(3) NOT NULL,
  PRIMARY KEY (thread_id, seq, agent_id, workspace_id)
);

CREATE TABLE ropewalk.wakes (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  thread_id uuid NOT NULL,
  target_agent_id text NOT NULL,
  target_session_id text,
  reason text NOT NULL,
  prompt_digest text NOT NULL,
  requested_by text NOT NULL,
  action text NOT NULL,
  fallback_action text,
  status text COLLATE "C" NOT NULL,
  attempts bigint NOT NULL,
  max_retries bigint NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 80);
CREATE INDEX wakes_of_thread ON ropewalk.wakes (thread_id, created_at);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['threads', 'thread_participants', 'participant_cursors', 'messages',
    'message_expiries', 'wakes']
  LOOP
    EXECUTE format('ALTER TABLE ropewalk.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY named_workspaces ON ropewalk.%I USING (array_position((SELECT string_to_array('
      'nullif(current_setting(''ropewalk.workspaces'', true), ''''), '','')), workspace_id) IS NOT NULL)',
      name);
  END LOOP;
END
$$;

-- The newest messages with all of these words, before a place in the list. Row security lets no index of
-- words be used, because comparing words may tell what it compares; so this runs as the owner, whom it does
-- not hold back, asks for the workspaces itself and gives nothing but places. `in_thread` and `of_agent`
-- narrow it; null is any. Sessions of ours may not use bitmaps, and this kind of index knows nothing else.
CREATE FUNCTION ropewalk.find_messages(
  words text, in_thread uuid, of_agent text, before_at timestamptz, before_id uuid, most integer
) RETURNS TABLE (found_thread uuid, found_seq bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog SET enable_bitmapscan = on AS $$
BEGIN
  RETURN QUERY
  WITH hits AS MATERIALIZED (
    SELECT m.workspace_id, m.thread_id, m.seq, m.created_at, m.id FROM ropewalk.messages m
    WHERE to_tsvector('simple', m.body) @@ plainto_tsquery('simple', words)
      AND array_position(string_to_array(nullif(current_setting('ropewalk.workspaces', true), ''), ','),
        m.workspace_id) IS NOT NULL
      AND (in_thread IS NULL OR m.thread_id IS NOT DISTINCT FROM in_thread)
      AND (m.created_at, m.id) < (before_at, before_id)
  )
  SELECT h.thread_id, h.seq FROM hits h
  WHERE of_agent IS NULL OR EXISTS (
    SELECT FROM ropewalk.thread_participants p
    WHERE p.thread_id = h.thread_id AND p.agent_id = of_agent
      AND p.workspace_id IS NOT DISTINCT FROM h.workspace_id AND p.gone_at IS NULL)
  ORDER BY h.created_at DESC, h.id DESC LIMIT most;
END
$$;
REVOKE ALL ON FUNCTION ropewalk.find_messages(text, uuid, text, timestamptz, uuid, integer) FROM PUBLIC;
