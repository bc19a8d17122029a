-- not breaking: waivers, approvals and iterations; what was stored before has none of them

ALTER TABLE ropewalk.phases
  ADD COLUMN iteration integer NOT NULL DEFAULT 0,
  ADD COLUMN again boolean NOT NULL DEFAULT false,
  ADD COLUMN iteration_commit text,
  ADD COLUMN approval_id uuid,
  ADD COLUMN waivers json NOT NULL DEFAULT '[]';

ALTER TABLE ropewalk.questions ADD COLUMN kind text NOT NULL DEFAULT 'question';

CREATE TABLE ropewalk.waivers (
  workspace_id text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  phase text NOT NULL,
  rubric text NOT NULL,
  details text NOT NULL,
  owner text NOT NULL,
  justification text NOT NULL,
  compensating_control text NOT NULL,
  days integer NOT NULL,
  quorum integer NOT NULL,
  declared boolean NOT NULL,
  requested_by text NOT NULL,
  requested_kind text NOT NULL,
  approvals json NOT NULL,
  status text NOT NULL,
  version integer NOT NULL,
  self_approved boolean NOT NULL,
  expires_at timestamptz(3),
  decided_by text,
  reason text,
  created_at timestamptz(3) NOT NULL,
  decided_at timestamptz(3),
  PRIMARY KEY (id, workspace_id)
);
CREATE INDEX waivers_of_run ON ropewalk.waivers (run_id, created_at);

ALTER TABLE ropewalk.waivers ENABLE ROW LEVEL SECURITY;
CREATE POLICY named_workspaces ON ropewalk.waivers USING (array_position((SELECT string_to_array(
  nullif(current_setting('ropewalk.workspaces', true), ''), ',')), workspace_id) IS NOT NULL);
