import type { Tool } from '../tool.ts'
import { tool as coverageReport } from './coverage-report.ts'
import { container, iac, sast, sca, secrets } from './scans.ts'
import { tool as securityPack } from './security-pack.ts'
import { tool as supplyChain } from './supply-chain.ts'
import { tool as testSuite } from './test-suite.ts'

const TOOLS: readonly Tool[] = [
  testSuite,
  coverageReport,
  secrets,
  sca,
  sast,
  iac,
  container,
  supplyChain,
  securityPack,
]

/** The tool of this name, which is its agent's, or undefined. Heavy libraries are loaded when it runs. */
export const findTool = (name: string): Tool | undefined => TOOLS.find((tool) => tool.name === name)

/** All tools, in the order of the phases that use them. */
export const listTools = (): readonly Tool[] => TOOLS
