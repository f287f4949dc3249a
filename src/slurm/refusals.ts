/** What Slurm says when it takes no job, and what a user can do about it: pure. */

interface Refusal {
  /** Of Slurm's own sentence. */
  readonly says: RegExp;
  readonly remedy: string;
  /** It may take fewer at once. */
  readonly isOfNumber?: true;
}

/** Of several that fit the first one counts. */
const REFUSALS: readonly Refusal[] = [
  {
    says: /invalid account/i,
    remedy: "give one of your accounts with --account (sacctmgr show associations user=$USER lists them), or another --partition",
  },
  { says: /invalid qos/i, remedy: "give a --qos that your account has (sacctmgr show associations user=$USER lists them)" },
  {
    says: /job array specification/i,
    remedy: "give fewer --slots: the cluster takes no larger arrays (MaxArraySize)",
    isOfNumber: true,
  },
  {
    says: /accounting\/QOS policy|submit limit/i,
    remedy: "give fewer --slots, a shorter --time, or ask for less in `resources`",
    isOfNumber: true,
  },
  { says: /partition/i, remedy: "give another --partition (sinfo lists them)" },
  { says: /time limit/i, remedy: "give a --time that the partition allows (sinfo -o '%P %l' lists them)" },
  { says: /licen[cs]e/i, remedy: "take the licence out of `resources`, or name it as the cluster does (scontrol show licenses)" },
  {
    says: /node configuration|node count|feature|generic resource|gres|memory|cpu count/i,
    remedy: "ask for less in `resources`, give another --partition, or look at --sbatch-arg",
  },
];

/** Slurm puts it before every reason. */
const PREAMBLE = /Batch job submission failed: /;

export function explainRefusal(reason: string): {
  readonly words: string;
  readonly remedy: string;
  readonly isOfNumber: boolean;
} {
  const words = reason.replace(PREAMBLE, "");
  const found = REFUSALS.find(({ says }) => says.test(words));
  const { remedy = "change what is asked for, or ask the administrator", isOfNumber = false } = found ?? {};
  return { words, remedy, isOfNumber };
}
