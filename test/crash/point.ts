// A crash point: one durable write of one program in one scene, and the moment of it at which the program is ended.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Moment } from './hooks/trap.ts';

export const programs = ['coordinator', 'agent'] as const;
export type ProgramName = (typeof programs)[number];

export interface Write {
  readonly scene: string;
  readonly program: ProgramName;
  /** Function and file, and what is written. */
  readonly place: string;
  /** Which of several writes of this place in this scene, from 1. */
  readonly occurrence: number;
  readonly moments: readonly Moment[];
}

export interface Point {
  readonly number: number;
  readonly scene: string;
  readonly program: ProgramName;
  readonly place: string;
  readonly occurrence: number;
  readonly moment: Moment;
}

const listFile = join(import.meta.dirname, 'points.json');

/**
 * All writes that counting runs have found, as they are kept beside this file: so that a number means the same point tomorrow, that
 * a share of them can be tried without counting all, and that a write which no longer comes is noticed.
 */
export function knownWrites(): readonly Write[] {
  return JSON.parse(readFileSync(listFile, 'utf8')) as Write[];
}

/** Keeps them, one a line. */
export function keepWrites(writes: readonly Write[]): void {
  writeFileSync(listFile, `[\n${writes.map((write) => JSON.stringify(write)).join(',\n')}\n]\n`);
}

/** Every moment of every write, numbered from 1 in the order of the list. */
export function pointsOf(writes: readonly Write[]): readonly Point[] {
  let number = 0;
  return writes.flatMap(({ moments, scene, program, place, occurrence }) =>
    moments.map((moment) => ({ number: ++number, scene, program, place, occurrence, moment })),
  );
}

export function keyOf({ scene, program, place, occurrence }: Omit<Write, 'moments'>): string {
  return JSON.stringify([scene, program, place, occurrence]);
}
