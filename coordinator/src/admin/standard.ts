// The services that stock gRPC tools expect: health and reflection. Both say nothing about servos, so they need no role;
// that a certificate of this installation is needed to connect at all is TLS's.
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { packageDefinition } from '@servo-auditor/proto/load.ts';

/** Adds both. The empty name stands for the whole server, as the health protocol says. */
export function addStandardServices(server: Server): void {
  new HealthImplementation({
    '': 'SERVING',
    'servo.v1.AgentService': 'SERVING',
    'servo.v1.AdminService': 'SERVING',
  }).addToServer(server);
  new ReflectionService(packageDefinition).addToServer(server);
}
