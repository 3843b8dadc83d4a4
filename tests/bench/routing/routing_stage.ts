/** What all clusters are measured with. */
export interface RoutingStage {
  /** The program of the processes. */
  program: string;
  /** The memory of a process without nodes, in MiB. */
  emptyMib: number;
}
