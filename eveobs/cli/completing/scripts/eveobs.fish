# Completion of eveobs for fish. `eveobs completion fish` prints it.
function __eveobs_complete
    set -l before (commandline -opc)
    set -lx _EVEOBS_COMPLETE fish
    command $before[1] $before[2..-1] (commandline -ct | string unescape) 2>/dev/null
end
complete -c eveobs -f -a '(__eveobs_complete)'
