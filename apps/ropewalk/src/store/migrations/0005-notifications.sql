-- not breaking: who was told that a question waits

-- `due_at` is the end of the claim while a row is `sending`, and the next try while it is `waiting`.
CREATE TABLE ropewalk.notifications (
  workspace_id text COLLATE "C" NOT NULL,
  question_id uuid NOT NULL,
  version integer NOT NULL,
  channel text COLLATE "C" NOT NULL,
  effect_id text NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('sending', 'waiting', 'sent', 'failed')),
  attempt integer NOT NULL,
  due_at timestamptz(3) NOT NULL,
  reason text,
  created_at timestamptz(3) NOT NULL,
  settled_at timestamptz(3),
  PRIMARY KEY (question_id, version, channel, workspace_id)
);

ALTER TABLE ropewalk.notifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY named_workspaces ON ropewalk.notifications USING (array_position((SELECT string_to_array(
  nullif(current_setting('ropewalk.workspaces', true), ''), ',')), workspace_id) IS NOT NULL);
