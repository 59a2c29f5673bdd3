"""The law: integers in, integers out, no clock, no chance, no disk. One journal in gives one state out."""
