// Every target of the fuzzer.
import type { Target } from '../target.ts';
import { adminCalls } from './admin-calls.ts';
import { adminMessages } from './admin-messages.ts';
import { agentConfig } from './agent-config.ts';
import { agentFrames } from './agent-frames.ts';
import { canonical } from './canonical.ts';
import { cli } from './cli.ts';
import { coordinatorConfig } from './coordinator-config.ts';
import { coordinatorFrames } from './coordinator-frames.ts';
import { holdFiles } from './hold-files.ts';
import { journal } from './journal.ts';
import { labels } from './labels.ts';
import { manifestFiles } from './manifest-files.ts';
import { manifestTrees } from './manifest-trees.ts';
import { proc } from './proc.ts';
import { servoctlSettings } from './servoctl-settings.ts';
import { signatures } from './signatures.ts';
import { sqliteFiles } from './sqlite-files.ts';
import { sqliteRows } from './sqlite-rows.ts';
import { witnessFile } from './witness-file.ts';
import { witnessHttp } from './witness-http.ts';
import { witnessSql } from './witness-sql.ts';

export const targets: readonly Target[] = [
  agentFrames,
  coordinatorFrames,
  adminMessages,
  adminCalls,
  cli,
  canonical,
  signatures,
  manifestFiles,
  manifestTrees,
  sqliteRows,
  sqliteFiles,
  labels,
  proc,
  journal,
  holdFiles,
  agentConfig,
  coordinatorConfig,
  servoctlSettings,
  witnessSql,
  witnessHttp,
  witnessFile,
];
