import type { Tool } from '../tool.ts'
import { tool as acceptanceTests } from './acceptance-tests.ts'
import { tool as accessibility } from './accessibility.ts'
import { tool as analytics } from './analytics.ts'
import { tool as canary } from './canary.ts'
import { tool as compatibility } from './compatibility.ts'
import { tool as coverageReport } from './coverage-report.ts'
import { tool as dast } from './dast.ts'
import { tool as deploy } from './deploy.ts'
import { tool as e2eTest } from './e2e-test.ts'
import { tool as loadTest } from './load-test.ts'
import { tool as performance } from './performance.ts'
import { container, iac, sast, sca, secrets } from './scans.ts'
import { tool as screenshots } from './screenshots.ts'
import { tool as securityPack } from './security-pack.ts'
import { tool as storyValidator } from './story-validator.ts'
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
  dast,
  securityPack,
  acceptanceTests,
  storyValidator,
  e2eTest,
  performance,
  loadTest,
  accessibility,
  compatibility,
  screenshots,
  deploy,
  canary,
  analytics,
]

/** The tool of this name, which is its agent's, or undefined. Heavy libraries are loaded when it runs. */
export const findTool = (name: string): Tool | undefined => TOOLS.find((tool) => tool.name === name)

/** All tools, in the order of the phases that use them. */
export const listTools = (): readonly Tool[] => TOOLS
