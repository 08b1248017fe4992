"""The networks: CMDM (INS), coordinator (REC) and their layers."""
