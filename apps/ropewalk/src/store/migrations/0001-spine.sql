-- not breaking: first migration
--
-- No foreign keys: `handle` is the only writer of what belongs together, holds the run's lock while it
-- writes, and a check of each row would cost as much as the row. Times are given by the writer, which
-- read ropewalk.now(); no default reads another clock.
--
-- A prepared plan may be made while a table is empty and is kept while it grows, so each statement must
-- have one index that can serve it and no other that could: keys begin with the id, indexes for pages end
-- before it, row security's condition is one that no index serves, and where an id is given the workspace
-- is compared by IS NOT DISTINCT FROM, which is not looked up either.

CREATE TABLE ropewalk.clock (
  only_row boolean PRIMARY KEY CHECK (only_row),
  shift interval NOT NULL
);
INSERT INTO ropewalk.clock VALUES (true, '0');

-- The time of the statement, not of its transaction: a batch reads it after it has its locks, so that
-- time never runs back along a run.
CREATE FUNCTION ropewalk.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT date_trunc('milliseconds', statement_timestamp() + (SELECT c.shift FROM ropewalk.clock c))
$$;

-- The first shift hands pg-boss the same clock. Until then its own stays, because pg-boss asks for the
-- time once a row and a read of the clock row costs 3 microseconds.
CREATE FUNCTION ropewalk.attach_clock() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
  IF to_regprocedure('pgboss.job_now()') IS NOT NULL THEN
    EXECUTE 'CREATE OR REPLACE FUNCTION pgboss.job_now() RETURNS timestamptz LANGUAGE sql STABLE AS '
      || quote_literal('SELECT ropewalk.now()');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER attach_clock AFTER UPDATE ON ropewalk.clock
  FOR EACH STATEMENT EXECUTE FUNCTION ropewalk.attach_clock();

CREATE TABLE ropewalk.workspaces (
  workspace_id text COLLATE "C" PRIMARY KEY,
  id text COLLATE "C" NOT NULL CHECK (id = workspace_id),
  cap_micros bigint NOT NULL CHECK (cap_micros >= 0),
  granted_micros bigint NOT NULL CHECK (granted_micros >= 0),
  spent_micros bigint NOT NULL CHECK (spent_micros >= 0),
  created_at timestamptz(3) NOT NULL
);

CREATE TABLE ropewalk.workspace_positions (
  workspace_id text COLLATE "C" PRIMARY KEY,
  last bigint NOT NULL CHECK (last >= 0)
) WITH (fillfactor = 50);

CREATE TABLE ropewalk.runs (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  title text NOT NULL,
  status text NOT NULL,
  pause_reason text,
  mode text NOT NULL,
  plan_hash text NOT NULL,
  playbook_hash text NOT NULL,
  fork_of uuid,
  cap_micros bigint NOT NULL,
  reserved_micros bigint NOT NULL,
  spent_micros bigint NOT NULL,
  tokens_used bigint NOT NULL,
  open_questions integer NOT NULL,
  accepted_commit text,
  simulated boolean NOT NULL,
  closing boolean NOT NULL,
  closed boolean NOT NULL,
  failure_code text,
  failure_message text,
  verdict text,
  dossier_digest text,
  created_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  version bigint NOT NULL,
  head_hash text NOT NULL,
  head_at timestamptz(3) NOT NULL,
  event_format integer NOT NULL,
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 60);
CREATE INDEX runs_by_age ON ropewalk.runs (workspace_id, created_at);
CREATE INDEX runs_by_status ON ropewalk.runs (workspace_id, status, created_at);

CREATE TABLE ropewalk.plans (
  workspace_id text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  plan json NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, hash)
);

CREATE TABLE ropewalk.phases (
  workspace_id text COLLATE "C" NOT NULL,
  run_id uuid NOT NULL,
  phase text COLLATE "C" NOT NULL,
  status text NOT NULL,
  round integer NOT NULL,
  stages json NOT NULL,
  stage integer NOT NULL,
  stage_open integer NOT NULL,
  open_questions integer NOT NULL,
  fixes json NOT NULL,
  outputs json NOT NULL,
  reports json NOT NULL,
  usage json NOT NULL,
  reserved_tokens bigint NOT NULL,
  agents_executed integer NOT NULL,
  agents_succeeded integer NOT NULL,
  agents_failed integer NOT NULL,
  question_ids json NOT NULL,
  assumptions integer NOT NULL,
  score double precision,
  pack_id text,
  strategy text,
  deadline_at timestamptz(3),
  time_left_ms bigint,
  clock_version integer NOT NULL,
  commit text,
  openings integer NOT NULL,
  last_task_at timestamptz(3),
  started_at timestamptz(3),
  completed_at timestamptz(3),
  PRIMARY KEY (run_id, phase, workspace_id)
) WITH (fillfactor = 60);

CREATE TABLE ropewalk.tasks (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  phase text NOT NULL,
  round integer NOT NULL,
  stage integer NOT NULL,
  agent text NOT NULL,
  kind text NOT NULL,
  capability text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  spec json NOT NULL,
  task_key text NOT NULL,
  failures json NOT NULL,
  due_at timestamptz(3) NOT NULL,
  model_calls integer NOT NULL,
  usage json NOT NULL,
  failure_class text,
  failure_message text,
  created_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  attempt integer NOT NULL,
  claimed_by text,
  claimed_at timestamptz(3),
  lease_until timestamptz(3),
  heartbeat_at timestamptz(3),
  timeout_at timestamptz(3),
  overdue_at timestamptz(3),
  pct double precision,
  eta_ms bigint,
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 60);
CREATE INDEX tasks_of_run ON ropewalk.tasks (run_id);
CREATE INDEX tasks_to_claim ON ropewalk.tasks (capability, workspace_id, due_at) WHERE status = 'ready';
CREATE INDEX tasks_by_overdue ON ropewalk.tasks (overdue_at) WHERE status = 'running';

CREATE TABLE ropewalk.attempts (
  workspace_id text COLLATE "C" NOT NULL,
  task_id uuid NOT NULL,
  number integer NOT NULL,
  run_id uuid NOT NULL,
  outcome text NOT NULL,
  worker text NOT NULL,
  tool text NOT NULL,
  tool_version text NOT NULL,
  error_class text,
  message text,
  usage json NOT NULL,
  claimed_at timestamptz(3),
  ended_at timestamptz(3) NOT NULL,
  PRIMARY KEY (task_id, number, workspace_id)
);

CREATE TABLE ropewalk.checkpoints (
  workspace_id text COLLATE "C" NOT NULL,
  task_id uuid NOT NULL,
  attempt integer NOT NULL,
  token text NOT NULL,
  data json,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (task_id, attempt, workspace_id)
);

CREATE TABLE ropewalk.task_logs (
  workspace_id text COLLATE "C" NOT NULL,
  run_id uuid NOT NULL,
  seq bigint NOT NULL,
  at timestamptz(3) NOT NULL,
  task_id uuid NOT NULL,
  attempt integer NOT NULL,
  stream text NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (run_id, seq, workspace_id)
);
CREATE INDEX task_logs_of_task ON ropewalk.task_logs (task_id, seq);

CREATE TABLE ropewalk.task_log_heads (
  workspace_id text COLLATE "C" NOT NULL,
  run_id uuid NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (run_id, workspace_id)
) WITH (fillfactor = 50);

CREATE TABLE ropewalk.artifacts (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  phase text NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  digest text NOT NULL,
  media_type text NOT NULL,
  bytes bigint NOT NULL,
  commit text,
  simulated boolean NOT NULL,
  lineage json NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (id, workspace_id)
);
CREATE INDEX artifacts_of_run ON ropewalk.artifacts (run_id, created_at);

CREATE TABLE ropewalk.evidence_packs (
  workspace_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  run_id uuid NOT NULL,
  phase text NOT NULL,
  round integer NOT NULL,
  pack json NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (id, workspace_id)
);

CREATE TABLE ropewalk.dossiers (
  workspace_id text COLLATE "C" NOT NULL,
  run_id uuid NOT NULL,
  digest text COLLATE "C" NOT NULL,
  verdict text NOT NULL,
  key_id text NOT NULL,
  artifacts bigint NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (run_id, digest, workspace_id)
);

CREATE TABLE ropewalk.questions (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  phase text NOT NULL,
  task_id uuid,
  asked_by text NOT NULL,
  text text NOT NULL,
  category text NOT NULL,
  priority text NOT NULL,
  decision_impact text NOT NULL,
  default_answer text NOT NULL,
  status text NOT NULL,
  version integer NOT NULL,
  deadline_at timestamptz(3),
  answer text,
  decided_by text,
  decided_kind text,
  created_at timestamptz(3) NOT NULL,
  decided_at timestamptz(3),
  PRIMARY KEY (id, workspace_id)
);
CREATE INDEX questions_by_age ON ropewalk.questions (workspace_id, created_at);
CREATE INDEX questions_of_run ON ropewalk.questions (run_id, created_at);

CREATE TABLE ropewalk.reservations (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  task_id uuid NOT NULL,
  phase text NOT NULL,
  attempt integer NOT NULL,
  micros bigint NOT NULL,
  tokens bigint NOT NULL,
  status text NOT NULL,
  charged_micros bigint NOT NULL,
  charged_tokens bigint NOT NULL,
  deadline_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL,
  settled_at timestamptz(3),
  PRIMARY KEY (id, workspace_id)
);
CREATE INDEX reservations_of_run ON ropewalk.reservations (run_id);

-- The ledger. Key and chain are per stream, so that it can later be split by RANGE (stream_id).
CREATE TABLE ropewalk.ledger (
  stream_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  workspace_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL CHECK (position >= events),
  events integer NOT NULL CHECK (events > 0),
  types text COLLATE "C" NOT NULL,
  at timestamptz(3) NOT NULL,
  body text COLLATE "C" NOT NULL CHECK (octet_length(body) <= 8192),
  hash text COLLATE "C" NOT NULL,
  PRIMARY KEY (stream_id, seq)
-- A body is read whole and at once: it stays in its row, uncompressed, as long as it fits into a page.
) WITH (toast_tuple_target = 8160);
CREATE UNIQUE INDEX ledger_by_position ON ropewalk.ledger (workspace_id, position);
-- What the views of gates and costs pick out of a long stream.
CREATE INDEX ledger_for_views ON ropewalk.ledger (stream_id, seq)
  WHERE types ~ '(^| )(phase\.gate|budget\.settled)';

CREATE TABLE ropewalk.idempotency (
  workspace_id text COLLATE "C" NOT NULL,
  route text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  body_digest text NOT NULL,
  answer json NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, route, key)
);
CREATE INDEX idempotency_by_age ON ropewalk.idempotency (created_at);

CREATE TABLE ropewalk.blobs (
  workspace_id text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  bytes bytea NOT NULL,
  size bigint NOT NULL CHECK (size = octet_length(bytes) AND size <= 33554432),
  named boolean NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace_id, digest)
);
CREATE INDEX blobs_to_sweep ON ropewalk.blobs (created_at) WHERE NOT named;

-- Row security. The list of workspaces is read once a statement; without it no row is seen or written.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['workspaces', 'workspace_positions', 'runs', 'plans', 'phases', 'tasks',
    'attempts', 'checkpoints', 'task_logs', 'task_log_heads', 'artifacts', 'evidence_packs', 'dossiers',
    'questions', 'reservations', 'ledger', 'idempotency', 'blobs']
  LOOP
    EXECUTE format('ALTER TABLE ropewalk.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY named_workspaces ON ropewalk.%I USING (array_position((SELECT string_to_array('
      'nullif(current_setting(''ropewalk.workspaces'', true), ''''), '','')), workspace_id) IS NOT NULL)',
      name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['clock', 'schema_version'] LOOP
    EXECUTE format('ALTER TABLE ropewalk.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY no_workspace ON ropewalk.%I USING (true)', name);
  END LOOP;
END
$$;

-- Claims and timers work for every workspace and must learn their names first. Runs as the owner, whom
-- row security does not hold back; gives names and nothing else.
CREATE FUNCTION ropewalk.list_workspace_ids() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog AS $$
  SELECT coalesce(array_agg(w.workspace_id ORDER BY w.workspace_id), '{}') FROM ropewalk.workspaces w
$$;
REVOKE ALL ON FUNCTION ropewalk.list_workspace_ids() FROM PUBLIC;
