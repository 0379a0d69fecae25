"""What is kept: the folder of a run, its study in storages, copies and shared studies, resume and replay?"""
