-- not breaking: projects with their items, dependencies, deliverables and questions; workers that are there
--
-- A project is an aggregate beside the run. Its tasks stand on the queue that runs use, its questions in the
-- table that runs use: `run_id` of a task is the stream that owns it, and `item_id` says that it is an item's.

CREATE TABLE ropewalk.projects (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  request text NOT NULL,
  status text NOT NULL,
  mode text NOT NULL,
  dispatch text NOT NULL,
  template text,
  template_hash text,
  parameters json NOT NULL,
  uploads json NOT NULL,
  leaves json NOT NULL,
  open_questions integer NOT NULL,
  open_project_questions integer NOT NULL,
  held integer NOT NULL,
  assumptions integer NOT NULL,
  items_made integer NOT NULL,
  question_deadline_ms bigint NOT NULL,
  report_digest text,
  failure_message text,
  created_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  version bigint NOT NULL,
  head_hash text NOT NULL,
  head_at timestamptz(3) NOT NULL,
  event_format integer NOT NULL,
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 60);
CREATE INDEX projects_by_age ON ropewalk.projects (workspace_id, created_at);
CREATE INDEX projects_by_status ON ropewalk.projects (workspace_id, status, created_at);

CREATE TABLE ropewalk.items (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  project_id uuid NOT NULL,
  kind text NOT NULL,
  title text NOT NULL,
  description text NOT NULL,
  status text COLLATE "C" NOT NULL,
  priority integer NOT NULL,
  ordinal integer NOT NULL,
  parent_id uuid,
  children json NOT NULL,
  waiting_on integer NOT NULL,
  open_questions integer NOT NULL,
  capability text COLLATE "C",
  needs json NOT NULL,
  definition_of_done json NOT NULL,
  approvals integer NOT NULL,
  batch_rows integer,
  labels json NOT NULL,
  run_ref json,
  provenance json NOT NULL,
  round integer NOT NULL,
  batches integer NOT NULL,
  batches_done integer NOT NULL,
  failures integer NOT NULL,
  max_rounds integer NOT NULL,
  blocked_reason text,
  is_held boolean NOT NULL,
  reasons json NOT NULL,
  failure_category text,
  failure_message text,
  version integer NOT NULL,
  is_deleted boolean NOT NULL,
  created_at timestamptz(3) NOT NULL,
  ready_at timestamptz(3),
  started_at timestamptz(3),
  ended_at timestamptz(3),
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 60);
CREATE INDEX items_of_project ON ropewalk.items (project_id, ordinal);
CREATE INDEX items_of_parent ON ropewalk.items (parent_id);
CREATE INDEX items_to_dispatch ON ropewalk.items (workspace_id, priority, ready_at)
  WHERE status = 'ready' AND batches = 0 AND NOT is_deleted AND capability IS NOT NULL;

CREATE TABLE ropewalk.item_dependencies (
  workspace_id text COLLATE "C" NOT NULL,
  project_id uuid NOT NULL,
  item_id uuid NOT NULL,
  depends_on_id uuid NOT NULL,
  PRIMARY KEY (item_id, depends_on_id, workspace_id)
);
CREATE INDEX item_dependents ON ropewalk.item_dependencies (depends_on_id);
CREATE INDEX item_dependencies_of_project ON ropewalk.item_dependencies (project_id);

CREATE TABLE ropewalk.deliverables (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  project_id uuid NOT NULL,
  item_id uuid NOT NULL,
  task_id uuid,
  round integer NOT NULL,
  batch integer NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  digest text COLLATE "C" NOT NULL,
  media_type text NOT NULL,
  bytes bigint NOT NULL,
  confidence double precision NOT NULL,
  agent text NOT NULL,
  simulated boolean NOT NULL,
  status text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (id, workspace_id)
) WITH (fillfactor = 80);
CREATE INDEX deliverables_of_project ON ropewalk.deliverables (project_id, created_at);
CREATE INDEX deliverables_of_item ON ropewalk.deliverables (item_id);

-- A question is a run's (run_id, phase) or a project's (project_id, item_ids).
ALTER TABLE ropewalk.questions
  ALTER COLUMN run_id DROP NOT NULL,
  ALTER COLUMN phase DROP NOT NULL,
  ADD COLUMN project_id uuid,
  ADD COLUMN item_ids json,
  ADD COLUMN fields json,
  ADD COLUMN form json,
  ADD COLUMN default_values json,
  ADD COLUMN risk text,
  ADD COLUMN policy text,
  ADD COLUMN escalated_at timestamptz(3),
  ADD COLUMN answer_values json,
  ADD COLUMN quorum integer,
  ADD COLUMN votes json;
CREATE INDEX questions_of_project ON ropewalk.questions (project_id, created_at) WHERE project_id IS NOT NULL;

ALTER TABLE ropewalk.tasks ADD COLUMN item_id uuid;
CREATE INDEX tasks_of_item ON ropewalk.tasks (item_id) WHERE item_id IS NOT NULL;

-- Pages over all projects, and of the inbox: what needs a person is little among what never will again.
CREATE INDEX items_by_age ON ropewalk.items (workspace_id, created_at) WHERE NOT is_deleted;
CREATE INDEX items_for_inbox ON ropewalk.items (workspace_id, created_at)
  WHERE (status IN ('failed', 'blocked') OR status = 'ready' AND capability IS NULL) AND NOT is_deleted;
CREATE INDEX questions_for_inbox ON ropewalk.questions (workspace_id, created_at) WHERE status = 'open';
CREATE INDEX waivers_for_inbox ON ropewalk.waivers (workspace_id, created_at) WHERE status = 'requested';
CREATE INDEX runs_for_inbox ON ropewalk.runs (workspace_id, created_at)
  WHERE status = 'paused' AND pause_reason = 'budget';

-- Who asked for work of items lately, and what it can do. No history: who is gone is forgotten.
CREATE TABLE ropewalk.workers (
  workspace_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  capabilities json NOT NULL,
  started_at timestamptz(3) NOT NULL,
  seen_at timestamptz(3) NOT NULL,
  left_at timestamptz(3),
  PRIMARY KEY (workspace_id, id)
) WITH (fillfactor = 50);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['projects', 'items', 'item_dependencies', 'deliverables', 'workers']
  LOOP
    EXECUTE format('ALTER TABLE ropewalk.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY named_workspaces ON ropewalk.%I USING (array_position((SELECT string_to_array('
      'nullif(current_setting(''ropewalk.workspaces'', true), ''''), '','')), workspace_id) IS NOT NULL)',
      name);
  END LOOP;
END
$$;
