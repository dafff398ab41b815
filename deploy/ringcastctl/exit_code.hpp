#pragma once

namespace ringcast::ctl {

/// How `ringcastctl` ends, for scripts.
enum ExitCode : int {
    done = 0,           ///< it is as was asked for, now or already
    refused = 1,        ///< the cluster said no, and why
    wrong_use = 2,      ///< the command line makes no sense
    not_reachable = 3,  ///< ZooKeeper did not answer
    timed_out = 4,      ///< asked, and not done in time: the request stays in the queue
    locked = 5,         ///< another operator is changing the ring
    incomplete = 6,     ///< what is told is not the whole: a gateway did not answer, or the
                        ///< output could not be written
    interrupted = 130,  ///< by Ctrl-C or a termination signal: what goes on all the same is told
};

}  // namespace ringcast::ctl
