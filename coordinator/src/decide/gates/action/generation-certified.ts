// The way in which this host is read has earned trust in this cell, by judging real servos correctly, with today's queries.
import { pass, refuse } from '../../../domain/answer.ts';
import { modeKey, modes, type Track } from '../../../domain/operator.ts';
import type { ActionGateRule } from '../../acting.ts';

export const generationCertified: ActionGateRule = ({ evidence }, { context }) => {
  const { cell, generation, readerVersion, inheritsFrom } = evidence.host.view;
  const mode = context.operator.modes.get(modeKey(cell, generation));
  const needed = mode === 'enforce' ? 'enforce' : 'propose';
  // A host that goes back to an earlier reader has two: its own, and the one that it inherits from. Either is reason enough.
  const track = context.operator.tracks
    .filter(
      (t) =>
        t.cell === cell &&
        t.generation === generation &&
        (t.readerVersion === readerVersion || t.readerVersion === inheritsFrom) &&
        t.mappingHash === context.mappingHash,
    )
    .reduce<Track | undefined>(
      (best, t) =>
        best === undefined || modes.indexOf(t.certified) > modes.indexOf(best.certified) ? t : best,
      undefined,
    );
  const certified = track?.certified ?? 'observe';
  const numbers = {
    cell,
    generation,
    reader: readerVersion.slice(0, 12),
    certified,
    needed,
    message: track?.message ?? 'nothing earned yet',
  };
  return modes.indexOf(certified) >= modes.indexOf(needed)
    ? pass('{generation} in {cell}, reader {reader}, is certified for {certified}', numbers)
    : refuse(
        '{generation} in {cell}, reader {reader}, is not certified for {needed}: {message}',
        'it earns trust by itself; see: servoctl certifications list',
        numbers,
      );
};
