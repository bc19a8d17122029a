-- not breaking: sessions, grants that tokens are issued under, data policies, token keys and the audit
--
-- Sessions, grants and policies are roots without children. What a heartbeat and the writer of a session move
-- is no history; it stands in the session's row because every statement about them wants the rest too.

CREATE TABLE ropewalk.sessions (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  runtime text NOT NULL,
  management_mode text NOT NULL,
  resumable boolean NOT NULL,
  status text NOT NULL,
  registered_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  last_heartbeat_at timestamptz(3) NOT NULL,
  writer text,
  writer_session_id text,
  writer_until timestamptz(3),
  version bigint NOT NULL,
  head_hash text NOT NULL,
  head_at timestamptz(3) NOT NULL,
  event_format integer NOT NULL,
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 60);
CREATE INDEX sessions_by_age ON ropewalk.sessions (workspace_id, registered_at);

CREATE TABLE ropewalk.grants (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  agent_id text NOT NULL,
  role text NOT NULL,
  scopes json,
  session_id text NOT NULL,
  ttl_ms bigint NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  issuer text NOT NULL,
  jti text,
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  issued bigint NOT NULL,
  last_issued_at timestamptz(3),
  revoked_at timestamptz(3),
  revoke_reason text,
  version bigint NOT NULL,
  head_hash text NOT NULL,
  head_at timestamptz(3) NOT NULL,
  event_format integer NOT NULL,
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 60);
CREATE INDEX grants_by_age ON ropewalk.grants (workspace_id, created_at);

CREATE TABLE ropewalk.policies (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  retention json NOT NULL,
  redaction boolean NOT NULL,
  changed_at timestamptz(3) NOT NULL,
  changed_by text NOT NULL,
  version bigint NOT NULL,
  head_hash text NOT NULL,
  head_at timestamptz(3) NOT NULL,
  event_format integer NOT NULL,
  PRIMARY KEY (id, workspace_id)
);

-- Public halves of the keys that processes sign tokens with. They are of no workspace: whoever can reach the
-- database may read them. A key is added once and retired once; no role may change or delete one, or take a
-- retired one into use again.
CREATE TABLE ropewalk.token_keys (
  kid text COLLATE "C" PRIMARY KEY,
  jwk json NOT NULL,
  created_at timestamptz(3) NOT NULL,
  retired_at timestamptz(3)
);
ALTER TABLE ropewalk.token_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_read ON ropewalk.token_keys FOR SELECT USING (true);
CREATE POLICY added_once ON ropewalk.token_keys FOR INSERT WITH CHECK (retired_at IS NULL);
CREATE POLICY retired_once ON ropewalk.token_keys FOR UPDATE
  USING (retired_at IS NULL) WITH CHECK (retired_at IS NOT NULL);

-- Who did what, and who was refused. Rows are added and read, by roles that may do nothing else with them.
CREATE TABLE ropewalk.audit (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  at timestamptz(3) NOT NULL,
  actor text COLLATE "C" NOT NULL,
  actor_kind text NOT NULL,
  actor_role text NOT NULL,
  operation text NOT NULL,
  resource_type text,
  resource_id text,
  thread_id text COLLATE "C",
  request_id text NOT NULL,
  result text NOT NULL,
  reason text,
  payload json NOT NULL,
  PRIMARY KEY (id, workspace_id)
);
CREATE INDEX audit_by_age ON ropewalk.audit (workspace_id, at);
CREATE INDEX audit_by_actor ON ropewalk.audit (workspace_id, actor, at);
CREATE INDEX audit_of_thread ON ropewalk.audit (thread_id, at) WHERE thread_id IS NOT NULL;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['sessions', 'grants', 'policies', 'audit'] LOOP
    EXECUTE format('ALTER TABLE ropewalk.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY named_workspaces ON ropewalk.%I USING (array_position((SELECT string_to_array('
      'nullif(current_setting(''ropewalk.workspaces'', true), ''''), '','')), workspace_id) IS NOT NULL)',
      name);
  END LOOP;
END
$$;

-- Notes that somebody of workspace `own` named something that is not there: a line at home, and one in the workspace
-- whose it is, if any.
-- Runs as the owner, whom row security does not hold back, and gives back nothing: whoever may call it cannot
-- learn from it what there is elsewhere. `own` must be one of the workspaces that the transaction has named.
CREATE FUNCTION ropewalk.audit_foreign(
  own text, line uuid, ids uuid[], who text, who_kind text, who_role text, what text, request text, answer text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  found_at CONSTANT timestamptz := ropewalk.now();
BEGIN
  IF array_position(string_to_array(nullif(current_setting('ropewalk.workspaces', true), ''), ','), own) IS NULL THEN
    RAISE EXCEPTION 'audit_foreign: the transaction has not named this workspace' USING ERRCODE = '42501';
  END IF;
  INSERT INTO ropewalk.audit (workspace_id, id, at, actor, actor_kind, actor_role, operation,
    resource_type, resource_id, thread_id, request_id, result, reason, payload)
  SELECT DISTINCT ON (f.workspace_id) f.workspace_id, line, found_at, own || '/' || who, who_kind, who_role, what,
    f.kind, f.id::text, CASE WHEN f.kind = 'thread' THEN f.id::text END, request, answer, NULL::text,
    json_build_object('fromWorkspace', own)
  FROM (
    SELECT 'thread' AS kind, t.id, t.workspace_id FROM ropewalk.threads t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'run', t.id, t.workspace_id FROM ropewalk.runs t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'project', t.id, t.workspace_id FROM ropewalk.projects t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'item', t.id, t.workspace_id FROM ropewalk.items t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'task', t.id, t.workspace_id FROM ropewalk.tasks t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'artifact', t.id, t.workspace_id FROM ropewalk.artifacts t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'question', t.id, t.workspace_id FROM ropewalk.questions t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'waiver', t.id, t.workspace_id FROM ropewalk.waivers t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'grant', t.id, t.workspace_id FROM ropewalk.grants t WHERE t.id = ANY (ids)
    UNION ALL SELECT 'session', t.id, t.workspace_id FROM ropewalk.sessions t WHERE t.id = ANY (ids)
  ) AS f
  WHERE f.workspace_id <> own
  ORDER BY f.workspace_id, f.kind, f.id;
  -- The same line whether or not it is somebody's: those who read the audit at home must not tell the two apart.
  INSERT INTO ropewalk.audit (workspace_id, id, at, actor, actor_kind, actor_role, operation,
    resource_type, resource_id, thread_id, request_id, result, reason, payload)
  VALUES (own, line, found_at, who, who_kind, who_role, what, NULL, NULL, NULL, request, answer, NULL,
    json_build_object('ids', ids));
END
$$;
REVOKE ALL ON FUNCTION ropewalk.audit_foreign(text, uuid, uuid[], text, text, text, text, text, text) FROM PUBLIC;
