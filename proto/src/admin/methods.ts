// AdminService as a table: what each call takes and gives, and the least role that may make it. Server and client are both
// made from it, so a call without codecs, or without a role, does not compile.
import type { Codec, ValueOf } from '../field.ts';
import type { Role } from '../peer.ts';
import * as replies from './replies.ts';
import * as requests from './requests.ts';

interface Method<Q, R> {
  readonly request: Codec<Q>;
  readonly reply: Codec<R>;
  readonly role: Role;
  /** Many replies, one after the other. */
  readonly stream: boolean;
}

function method<Q, R>(
  role: Role,
  request: Codec<Q>,
  reply: Codec<R>,
): Method<Q, R> & { readonly stream: false } {
  return { request, reply, role, stream: false };
}

function streaming<Q, R>(
  role: Role,
  request: Codec<Q>,
  reply: Codec<R>,
): Method<Q, R> & { readonly stream: true } {
  return { request, reply, role, stream: true };
}

/** By the name of the call in admin.proto. */
export const adminMethods = {
  Status: method('viewer', requests.empty, replies.statusReply),
  ListHosts: method('viewer', requests.listHosts, replies.listHostsReply),
  EnrolHost: method('admin', requests.enrolHost, replies.actReply),
  RetireHost: method('approver', requests.retireHost, replies.actReply),
  AcceptHost: method('approver', requests.acceptHost, replies.actReply),
  AcknowledgeItem: method('approver', requests.acknowledgeItem, replies.actReply),
  AcknowledgeMissing: method('approver', requests.acknowledgeMissing, replies.actReply),
  ListServos: method('viewer', requests.listServos, replies.listServosReply),
  Explain: method('viewer', requests.explain, replies.explainReply),
  ListCases: method('viewer', requests.listCases, replies.listCasesReply),
  ShowCase: method('viewer', requests.showCase, replies.showCaseReply),
  ListQuarantine: method('viewer', requests.listQuarantine, replies.listQuarantineReply),
  ListPlans: method('viewer', requests.listPlans, replies.listPlansReply),
  ApprovePlan: method('approver', requests.approvePlan, replies.actReply),
  RejectPlan: method('operator', requests.rejectPlan, replies.actReply),
  ListHolds: method('viewer', requests.empty, replies.listHoldsReply),
  SetHold: method('operator', requests.setHold, replies.actReply),
  ReleaseHold: method('approver', requests.releaseHold, replies.actReply),
  Freeze: method('operator', requests.freeze, replies.actReply),
  Unfreeze: method('approver', requests.unfreeze, replies.actReply),
  ListModes: method('viewer', requests.empty, replies.listModesReply),
  // The least role, which suffices to go down; the handler wants an approver to go up.
  SetMode: method('operator', requests.setMode, replies.actReply),
  ListCertifications: method('viewer', requests.empty, replies.listCertificationsReply),
  ConfirmOrphan: method('operator', requests.confirmOrphan, replies.actReply),
  ListBreakers: method('viewer', requests.empty, replies.listBreakersReply),
  CloseBreaker: method('approver', requests.closeBreaker, replies.actReply),
  ListWitnesses: method('viewer', requests.empty, replies.listWitnessesReply),
  AcceptWitness: method('approver', requests.acceptWitness, replies.actReply),
  RestoreServo: method('operator', requests.restoreServo, replies.restoreReply),
  RestorePlan: method('operator', requests.restorePlan, replies.restoreReply),
  ListOrders: method('viewer', requests.listOrders, replies.listOrdersReply),
  WatchEvents: streaming('viewer', requests.watchEvents, replies.auditEntry),
  ExportAudit: streaming('viewer', requests.exportAudit, replies.auditEntry),
  VerifyAudit: method('viewer', requests.empty, replies.verifyAuditReply),
} as const;

export type AdminMethods = typeof adminMethods;
export type MethodName = keyof AdminMethods;
export type RequestOf<M extends MethodName> = ValueOf<AdminMethods[M]['request']>;
export type ReplyOf<M extends MethodName> = ValueOf<AdminMethods[M]['reply']>;
export type StreamName = {
  [M in MethodName]: AdminMethods[M]['stream'] extends true ? M : never;
}[MethodName];
export type UnaryName = Exclude<MethodName, StreamName>;
