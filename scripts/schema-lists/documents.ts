import { Artifact } from '../../packages/core/src/contract/artifact.ts'
import { DOCUMENTS } from '../../packages/core/src/contract/documents.ts'
import { Memo } from '../../packages/core/src/contract/documents/memo.ts'
import { EvidencePack } from '../../packages/core/src/contract/evidence-pack.ts'
import { GuardReport } from '../../packages/core/src/contract/guard-report.ts'
import { PhaseContext } from '../../packages/core/src/contract/phase-context.ts'
import { PhasePlan } from '../../packages/core/src/contract/phase-plan.ts'
import { AgentFront, PhaseDefinition, Price } from '../../packages/core/src/contract/playbook.ts'
import { RunPlan } from '../../packages/core/src/contract/run-plan.ts'
import { TaskSpec } from '../../packages/core/src/contract/task-spec.ts'
import { Envelope, Statement } from '../../packages/core/src/dossier/envelope.ts'
import { DossierIndex } from '../../packages/core/src/dossier/index-file.ts'
import { DossierManifest } from '../../packages/core/src/dossier/manifest.ts'
import { LedgerEntry, SignedHead } from '../../packages/core/src/ledger/entry.ts'
import { describeAll, type SchemaFolder } from './describe.ts'

/** What people and agents write, and what a run and its dossier are made of. */
export const DOCUMENT_SCHEMAS: readonly SchemaFolder[] = [
  describeAll('playbook', { phase: PhaseDefinition, agent: AgentFront, price: Price }),
  describeAll('run', { RunPlan, PhasePlan, PhaseContext, TaskSpec, EvidencePack, Artifact, GuardReport }),
  describeAll('documents', { ...DOCUMENTS, Memo }),
  describeAll('dossier', { Envelope, Statement, DossierIndex, DossierManifest, LedgerEntry, SignedHead }),
]
