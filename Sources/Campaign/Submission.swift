// A campaign for schedulers that exist: what is given to sbatch, to kubectl, or to a shell with GNU parallel.

import Foundation

/// The ways to run the shards of a folder.
public enum Submission {
  /// A job array of Slurm. A shard that has to be run again ends with 75, for RequeueExit=75.
  public static func slurm(_ shards: Int, tool: String, folder: String) -> String {
    """
    #!/bin/sh
    #SBATCH --job-name=faultline-campaign
    #SBATCH --array=1-\(shards)
    #SBATCH --ntasks=1
    #SBATCH --cpus-per-task=1
    #SBATCH --requeue
    #SBATCH --signal=TERM@60
    #SBATCH --output=\(Format.shell(folder + "/slurm-%a.log"))
    exec \(Format.shell(tool)) campaign run \(Format.shell(folder)) --shard "$SLURM_ARRAY_TASK_ID/\(shards)" \\
      --workers "${SLURM_CPUS_PER_TASK:-1}" --progress json

    """
  }

  /// An Indexed Job of Kubernetes; the folder is a volume that all shards see.
  public static func kubernetes(_ shards: Int, folder: String) -> String {
    """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: faultline-campaign}
    spec:
      completions: \(shards)
      parallelism: \(min(shards, 16))
      completionMode: Indexed
      backoffLimitPerIndex: 3
      maxFailedIndexes: \(shards)
      podFailurePolicy:
        rules:
          - action: FailIndex
            onExitCodes: {containerName: shard, operator: In, values: [2, 65, 66, 70, 73]}
          # Told to stop, or evicted: run it again, as often as it takes.
          - action: Ignore
            onExitCodes: {containerName: shard, operator: In, values: [75]}
          - action: Ignore
            onPodConditions: [{type: DisruptionTarget, status: "True"}]
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: shard
              image: faultline
              command:
                - sh
                - -c
                - exec faultline campaign run /campaign --shard $((JOB_COMPLETION_INDEX+1))/\(shards)
              volumeMounts: [{name: campaign, mountPath: /campaign}]
          volumes:
            - name: campaign
              # The folder \(folder), on storage that every node can write.
              persistentVolumeClaim: {claimName: faultline-campaign}

    """
  }

  /// A shell's line for GNU parallel, which runs a shard again that ends with 75.
  public static func parallel(_ shards: Int, tool: String, folder: String) -> String {
    let command =
      "\(Format.shell(tool)) campaign run \(Format.shell(folder)) --shard {}/\(shards)"
    let loop = "until \(command); s=$?; [ $s -ne 75 ]; do :; done; exit $s"
    return "seq 1 \(shards) | parallel --halt soon,fail=100% \(Format.shell(loop))\n"
  }
}
