import type { RepoManifest } from '@ropewalk/core/contract/documents'
import type { DeploymentPlan } from '@ropewalk/core/contract/documents/release'
import { listVariables } from '../service/variables.ts'
import type { Product } from './parts/product.ts'
import { FIGURES } from './write-nfrs.ts'
import { FIRST_VERSION } from '../version.ts'

const RUNNER = 'The one who runs the service'

const listSteps = (
  { design: { noun } }: Product,
  manifest: RepoManifest | undefined,
): DeploymentPlan['steps'] => [
  {
    title: 'Copy the data',
    text: `Copy the file of ${noun.many} to a second machine, where there is one already.`,
    command: null,
    expect: 'The copy has as many bytes as the file.',
    owner: RUNNER,
  },
  ...(manifest === undefined
    ? []
    : [
        {
          title: 'Run the tests',
          text: 'Run the tests of the release on the machine that is to run it.',
          command: ['node', '--test', ...manifest.tests].slice(0, 60),
          expect: 'No test fails.',
          owner: RUNNER,
        },
      ]),
  {
    title: 'Start the new version',
    text: 'Start it beside the old one, on a port and a folder of its own, with a copy of the data.',
    command: manifest?.start ?? null,
    expect: 'The first line says where it listens.',
    owner: RUNNER,
  },
  {
    title: 'Ask whether it is up',
    text: 'Ask the new version before anybody is sent to it.',
    command: ['curl', '--fail', 'http://127.0.0.1:8080/healthz'],
    expect: 'The answer has status 200.',
    owner: RUNNER,
  },
  {
    title: 'Send it a part of the requests',
    text: 'The proxy sends 1 of 10 requests that only read to the new version, then half of them, then all.',
    command: null,
    expect: 'Each step stays below the limits of the canary for as many requests as it names.',
    owner: RUNNER,
  },
  {
    title: 'Move the data over',
    text: `Stop the old version and give its file to the new one; only one process may write ${noun.many}.`,
    command: null,
    expect: `GET /${noun.path} of the new version lists as many ${noun.many} as the old one did.`,
    owner: RUNNER,
  },
]

/** How the first version goes to where it runs; its canary is counted in requests. */
export const writeDeploymentPlan = (product: Product, manifest: RepoManifest | undefined): DeploymentPlan => {
  const { design, cite, blueprint } = product
  const { noun } = design
  return {
    version: FIRST_VERSION,
    summary: `One process on one machine takes over the file of ${noun.many}; before that, requests that only read are sent to it in three steps.`,
    strategy: 'canary',
    prerequisites: [
      'Node.js 24 is installed on the machine.',
      'A proxy with sign-in stands before the port, if anybody but its own machine is to reach it.',
      `The file of ${noun.many} was copied on the same day.`,
    ],
    steps: listSteps(product, manifest),
    canary: {
      steps: [
        { share: 0.1, min_requests: 50 },
        { share: 0.5, min_requests: 100 },
        { share: 1, min_requests: 100 },
      ],
      max_error_rate: 0.01,
      max_p95_ms: FIGURES.p95Ms,
      abort_when: [
        'More than 1 of 100 answers has a status from 500 on.',
        `95 of 100 answers take longer than ${String(FIGURES.p95Ms)} ms.`,
        'GET /healthz is not answered with status 200.',
      ],
    },
    health_checks: [
      { path: '/healthz', expect_status: 200, purpose: 'The process answers.' },
      { path: `/${noun.path}`, expect_status: 200, purpose: `The ${noun.many} can be read.` },
      ...(product.has('page') ? [{ path: '/', expect_status: 200, purpose: 'The page is there.' }] : []),
    ],
    configuration: listVariables(blueprint).map(({ name, meaning }) => ({
      variable: name,
      purpose: meaning,
      is_secret: false,
    })),
    cites: cite('list', 'keep'),
  }
}
