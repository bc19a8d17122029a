import type { ArchitectureDoc, InfrastructureSpec } from '@ropewalk/core/contract/documents/architecture'
import type { NFRs } from '@ropewalk/core/contract/documents/prd'
import { listVariables } from '../service/variables.ts'
import { makeComponents } from './parts/components.ts'
import type { Product } from './parts/product.ts'
import { getScalability } from './write-architecture.ts'

const MET_BY: Readonly<Record<string, string>> = {
  performance: 'Lists are answered from memory; nothing waits for a disk.',
  capacity: 'One core answers them, since no request computes for long.',
  availability: 'The process starts from one file and needs no other process.',
  security: 'The interface counts the bytes of a body and drops what is too long.',
  privacy: 'Nothing is sent to another machine.',
  accessibility: 'The page is plain HTML with labels, which the server sends.',
  usability: 'Each refusal names the field.',
  maintainability: 'Tests run on the same machine as the service, with the same Node.js.',
  portability: 'The machine needs Node.js 24 and nothing else.',
  compliance: 'The file lies on a machine that its owner chooses.',
}

/** One process on one machine, sized by what the architecture expects. */
export const writeInfrastructure = (
  product: Product,
  nfrs: NFRs | undefined,
  architecture: ArchitectureDoc | undefined,
): InfrastructureSpec => {
  const { design, cite } = product
  const { noun } = design
  const parts = makeComponents(product)
  const scale = architecture?.scalability ?? getScalability(product, nfrs)
  const diskMb = Math.max(512, Math.ceil(scale.data_growth_mb_per_month * 24))
  const built = parts.ids('page', 'http', 'records', 'rules', 'extras', 'store')
  return {
    summary: `One machine runs one process and keeps one file of ${noun.many}; a second one keeps its copies.`,
    environments: [
      {
        name: 'Workplace',
        purpose: 'Where the service is written and its tests run.',
        size: 'The machine of whoever writes it.',
      },
      {
        name: 'Beta',
        purpose: `Where ${product.idea.users} try it.`,
        size: `1 core, 512 megabytes of memory, ${String(diskMb)} megabytes of disk.`,
      },
    ],
    resources: [
      {
        name: 'Process of the service',
        kind: 'compute',
        purpose: `Answers up to ${String(scale.capacity_requests_per_second)} requests a second, of which ${String(scale.expected_requests_per_second)} are expected.`,
        components: built,
        cpu_cores: 1,
        memory_mb: 512,
        disk_mb: null,
        cites: [parts.cite('http'), ...cite('list')],
      },
      {
        name: 'Disk of the service',
        kind: 'storage',
        purpose: `Holds the file of ${noun.many} for 24 months of growth.`,
        components: parts.ids('store'),
        cpu_cores: null,
        memory_mb: null,
        disk_mb: diskMb,
        cites: [parts.cite('store'), ...cite('keep')],
      },
      {
        name: 'Port of the service',
        kind: 'network',
        purpose: 'Listens on 127.0.0.1 unless HOST says otherwise; a proxy with sign-in stands before it.',
        components: parts.ids('http'),
        cpu_cores: null,
        memory_mb: null,
        disk_mb: null,
        cites: [parts.cite('http')],
      },
      {
        name: 'Monitor',
        kind: 'monitoring',
        purpose: 'Asks GET /healthz every minute from another machine.',
        components: parts.ids('http'),
        cpu_cores: null,
        memory_mb: null,
        disk_mb: null,
        cites: [parts.cite('http')],
      },
    ],
    configuration: listVariables(product.blueprint).map(({ name, meaning, standard }) => ({
      variable: name,
      purpose: meaning,
      is_secret: false,
      example: standard,
    })),
    backup: {
      method: `The file of ${noun.many} is copied to a second machine; since it is replaced by a rename, a copy is never half of a change.`,
      interval_hours: 24,
      restore: 'The service is stopped, the copy takes the place of the file, and the service is started.',
    },
    nfrs: (nfrs?.requirements ?? []).map(({ id, category, verified_by: verified }) => ({
      id,
      met_by: verified.startsWith('No tool') ? verified : (MET_BY[category] ?? verified),
    })),
  }
}
