// Seeds that once showed a fault, of the product or of the world that tries it: replayed in every test run. What a seed tries
// changes with the world's own code; what it showed has a test of its own beside the code that was mended.
export const regressions: readonly { readonly seed: number; readonly was: string }[] = [
  { seed: 3060, was: 'two copies of one uid in a plan void it, round after round' },
  { seed: 5184, was: 'a renamed servo is stopped when the authority loses its new name for a minute' },
  {
    seed: 6,
    was: 'an orphan that was misread for a while was waited for, though nobody could know it any more',
  },
  { seed: 26, was: 'an order named a host by the name that it had just lost' },
  { seed: 3041, was: 'an agent that cannot open its journal on a full disk is started again' },
  { seed: 1341, was: 'a claim that came and went between two readings is known to nobody' },
  { seed: 707580, was: 'a contested host was contested no more when it was retired and enrolled again' },
  { seed: 703986, was: 'an order names a host that got another name since its last heartbeat' },
  { seed: 706513, was: 'a claim on another host that lapsed between two readings' },
  { seed: 925323312288, was: 'a host that was just enrolled again counted as one whose servos are known' },
  { seed: 925323315537, was: 'a decision was made while the chain was walked' },
  {
    seed: 925323321516,
    was: 'a servo that runs again after its host was set back counted as one to be stopped',
  },
  { seed: 925323316481, was: 'a coordinator was killed before it had written that a host is contested' },
  { seed: 925323315778, was: 'what a host had shown before it was taken out and in again counted as seen' },
  {
    seed: 925323317347,
    was: 'a renamed servo whose new name the authority lost again, and the router did not',
  },
  { seed: 227234123079, was: 'a host was accepted while it was written that it is contested' },
  { seed: 227234125968, was: 'a router that kept a claim to itself, below the limit of a shrink' },
  {
    seed: 801878980199,
    was: 'a question that came twice, of which one was answered with no, and the other with a yes',
  },
  { seed: 481326688279, was: 'undeleted and renamed between two readings: its tombstone counted for ever' },
  { seed: 481326683958, was: 'a yes that came too late for its agent counted as a stop' },
  { seed: 84226551246, was: 'a hold ended by a clock that had run slow when it was set, and then ran fast' },
  {
    seed: 751853621132,
    was: 'a coordinator was killed while it wrote that one of two claims of a uid had ended, and none started again',
  },
  {
    seed: 890149929396,
    was: 'a host that had booted and shown nothing yet counted as one whose servos are known',
  },
  {
    seed: 890149935098,
    was: 'what an authority left out counted among the servos that are known to be live',
  },
  { seed: 939044996961, was: 'an approval stood, though the new name of its servo was claimed after it' },
  {
    seed: 939044996226,
    was: 'a coordinator that stood still while it wrote an order counted as one that had not looked',
  },
  { seed: 252786857380, was: 'a stale look-up of a claim that was over by then counted as a claim here' },
  {
    seed: 252786855282,
    was: 'what came late from an earlier session took the place of what a newer one had said',
  },
  {
    seed: 3895816929,
    was: 'an orphan that was misread, and claimed too short a while since it was seen again, was waited for',
  },
  {
    seed: 3895810395,
    was: 'an orphan was waited for, whose claim no reading of a stale witness ever showed',
  },
  {
    seed: 200099645371,
    was: 'a claim that no reading of a stale witness had shown yet counted as known to be live',
  },
  {
    seed: 200099650216,
    was: 'what was found of a host in the moment in which it was accepted for another reason was forgotten',
  },
  {
    seed: 1795503129597,
    was: 'an orphan was waited for, whose claim its witness had left out while it stood',
  },
  {
    seed: 940097618286,
    was: 'an orphan that was gone when its host was renamed was waited for under its old name',
  },
];
