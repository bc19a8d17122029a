import type { RepoManifest } from '@ropewalk/core/contract/documents'
import type { DeploymentPlan, RollbackPlan } from '@ropewalk/core/contract/documents/release'
import type { Product } from './parts/product.ts'
import { FIRST_VERSION } from '../version.ts'

const RUNNER = 'The one who runs the service'

const citeHealth = (plan: DeploymentPlan | undefined): string[] =>
  plan === undefined ? [] : ['DeploymentPlan#/canary/abort_when/0']

/** How to go back to what ran before, or to nothing where this is the first version. */
export const writeRollbackPlan = (
  product: Product,
  manifest: RepoManifest | undefined,
  deployment: DeploymentPlan | undefined,
): RollbackPlan => {
  const { design, cite } = product
  const { noun } = design
  return {
    version: FIRST_VERSION,
    summary: `Before ${FIRST_VERSION} there was nothing, so that going back means stopping it and keeping the file of ${noun.many}; later versions go back to this one.`,
    triggers: [
      {
        text: 'Answers of the new version fail.',
        threshold: 'More than 1 of 100 answers in 100 requests has a status from 500 on.',
        cites: [...cite('list'), ...citeHealth(deployment)],
      },
      {
        text: 'The new version is not there.',
        threshold: '3 requests of GET /healthz in a row are not answered.',
        cites: cite('keep'),
      },
      {
        text: `Stored ${noun.many} are missing.`,
        threshold: `GET /${noun.path} lists at least 1 ${noun.one} less than before.`,
        cites: cite('list', 'keep'),
      },
    ],
    steps: [
      {
        title: 'Stop sending requests',
        text: 'The proxy answers with status 503 and a sentence.',
        command: null,
        expect: 'No new line appears in the log of the service.',
        owner: RUNNER,
      },
      {
        title: 'Stop the new version',
        text: 'Send it the signal to stop; it finishes what is under way within 5 seconds.',
        command: null,
        expect: 'The process has ended.',
        owner: RUNNER,
      },
      {
        title: 'Keep the file',
        text: `Copy the file of ${noun.many} as it is now, so that nothing stored since the change is lost.`,
        command: null,
        expect: 'The copy has as many bytes as the file.',
        owner: RUNNER,
      },
      {
        title: 'Start the version before',
        text: 'Start it from its own folder, on the file of before the change or on the kept one, if it can be read.',
        command: manifest?.start ?? null,
        expect: 'The first line says where it listens.',
        owner: RUNNER,
      },
      {
        title: 'Ask whether it is up',
        text: 'Ask before requests are sent to it again.',
        command: ['curl', '--fail', 'http://127.0.0.1:8080/healthz'],
        expect: 'The answer has status 200.',
        owner: RUNNER,
      },
    ],
    data: {
      text: `What was stored between the change and the way back is in the kept copy; it is entered again by hand if the version before cannot read it.`,
      can_lose_data: false,
    },
    max_minutes: 15,
    verification: [
      'GET /healthz answers with status 200.',
      `GET /${noun.path} lists as many ${noun.many} as the kept file has.`,
    ],
    cites: cite('keep'),
  }
}
