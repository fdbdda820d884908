// AdminService and the standard services on a server: composition only.
import type { Server } from '@grpc/grpc-js';
import { adminImplementation, type AdminCalls } from '@servo-auditor/proto/admin.ts';
import { adminService } from '@servo-auditor/proto/load.ts';
import type { Coordinator } from '../coordinator.ts';
import { onError, refusalOf } from './act.ts';
import { auditCalls } from './audit.ts';
import { breakerCalls } from './breakers.ts';
import { caseCalls } from './cases.ts';
import { adminDeps, type AdminDeps, type AdminLoop } from './deps.ts';
import { explainCalls } from './explain.ts';
import { holdCalls } from './holds.ts';
import { hostCalls } from './hosts.ts';
import { orderCalls } from './orders.ts';
import { planCalls } from './plans.ts';
import { restoreCalls } from './restore.ts';
import { rolloutCalls } from './rollout.ts';
import { servoCalls } from './servos.ts';
import { addStandardServices } from './standard.ts';
import { statusCalls } from './status.ts';
import { witnessCalls } from './witnesses.ts';

/** Adds everything that operators call to a coordinator's server. */
export function addAdmin(server: Server, coordinator: Coordinator, loop: AdminLoop): void {
  addAdminOf(server, adminDeps(coordinator, loop));
}

/** The same, from the dependencies alone. */
export function addAdminOf(server: Server, deps: AdminDeps): void {
  const { trustDomain } = deps;
  const implementation = adminImplementation(adminCalls(deps), {
    trustDomain,
    refusalOf,
    onError: onError(deps),
  });
  server.addService(adminService, implementation);
  addStandardServices(server);
}

/** Every call, for whoever may make it. */
export function adminCalls(deps: AdminDeps): AdminCalls {
  return {
    ...statusCalls(deps),
    ...hostCalls(deps),
    ...servoCalls(deps),
    ...explainCalls(deps),
    ...caseCalls(deps),
    ...planCalls(deps),
    ...holdCalls(deps),
    ...rolloutCalls(deps),
    ...breakerCalls(deps),
    ...witnessCalls(deps),
    ...restoreCalls(deps),
    ...orderCalls(deps),
    ...auditCalls(deps),
  };
}
