import type { Tool } from '../tool.ts'
import { container, iac, sast, sca, secrets } from './scans.ts'

const TOOLS: readonly Tool[] = [secrets, sca, sast, iac, container]

/** The tool of this name, which is its agent's, or undefined. Heavy libraries are loaded when it runs. */
export const findTool = (name: string): Tool | undefined => TOOLS.find((tool) => tool.name === name)

/** All tools, in the order of the phases that use them. */
export const listTools = (): readonly Tool[] => TOOLS
