// Starts the processes of the benchmark and prints the resources that they used.
//
// Node cannot measure this itself: the kernel counts the memory of the starting process into the peak of the started one
// (exec_mmap() in fs/exec.c), and Node has 60 MB. This small program also keeps the timed span short: between two readings
// of the clock are only vfork, exec, the process itself and wait4.
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct process {
	int after;		/* starts after the end of the process before it */
	char **argv, **envp;	/* argv[0] is the executable's path */
	int in[2], out[2];
	pid_t pid;
	int status;
	struct rusage usage;
};

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Reads all of stdin and adds a zero byte. */
static char *read_plan(size_t *length)
{
	size_t size = 1 << 16;
	char *plan = malloc(size);
	ssize_t part;

	for (*length = 0; plan && (part = read(0, plan + *length, size - *length - 1)) > 0; *length += part)
		if (*length + part + 1 == size)
			plan = realloc(plan, size *= 2);
	if (!plan)
		err(2, "the plan");
	plan[*length] = 0;
	return plan;
}

static char *word(char **rest)
{
	char *start = *rest;

	*rest += strlen(start) + 1;
	return start;
}

/* Reads a number, and then that many words. */
static char **words(char **rest)
{
	int count = atoi(word(rest));
	char **list = calloc(count + 1, sizeof(*list));

	for (int i = 0; i < count; i++)
		list[i] = word(rest);
	return list;
}

/* Writes the input of a process into its pipe before the start. Input and output must each fit into a pipe (64 kB). */
static void prepare(struct process *process, char **rest)
{
	char *input;
	int length;

	process->after = strcmp(word(rest), "after") == 0;
	process->argv = words(rest);
	process->envp = words(rest);
	input = word(rest);
	length = strlen(input);
	if (pipe2(process->in, O_CLOEXEC) || pipe2(process->out, O_CLOEXEC))
		err(2, "pipe");
	fcntl(process->in[1], F_SETFL, O_NONBLOCK);
	if (write(process->in[1], input, length) != length)
		err(2, "input of %d bytes", length);
	close(process->in[1]);
}

static void start(struct process *process)
{
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, process->in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, process->out[1], 1);
	error = posix_spawn(&process->pid, process->argv[0], &actions, NULL, process->argv, process->envp);
	if (error)
		errx(2, "%s: %s", process->argv[0], strerror(error));
	posix_spawn_file_actions_destroy(&actions);
	close(process->in[0]);
	close(process->out[1]);
}

static void await_one(struct process *processes, int count)
{
	struct rusage usage;
	int status;
	pid_t pid = wait4(-1, &status, 0, &usage);

	for (int i = 0; i < count; i++) {
		if (processes[i].pid != pid)
			continue;
		processes[i].status = status;
		processes[i].usage = usage;
		if (i + 1 < count && processes[i + 1].after)
			start(&processes[i + 1]);
	}
}

/* Prints a line of numbers, and then the output of the process. */
static void print(struct process *process)
{
	static char output[1 << 16];
	const struct rusage *usage = &process->usage;
	ssize_t part, length = 0;

	fcntl(process->out[0], F_SETFL, O_NONBLOCK);
	while ((part = read(process->out[0], output + length, sizeof(output) - length)) > 0)
		length += part;
	printf("%d %lld %lld %ld %ld %ld %zd\n",
	       WIFEXITED(process->status) ? WEXITSTATUS(process->status) : 128 + WTERMSIG(process->status),
	       usage->ru_utime.tv_sec * 1000000LL + usage->ru_utime.tv_usec,
	       usage->ru_stime.tv_sec * 1000000LL + usage->ru_stime.tv_usec,
	       usage->ru_maxrss, usage->ru_minflt, usage->ru_majflt, length);
	fwrite(output, 1, length, stdout);
	putchar('\n');
}

static void give_up(int signal)
{
	(void)signal;
	kill(0, SIGKILL);
}

/* launch NETNS SECONDS <PLAN: runs the processes in the network namespace, and kills them if they take longer. */
int main(int argc, char **argv)
{
	static struct process processes[512];
	int count = 0, netns = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	long long begin;
	size_t length;
	char *plan = read_plan(&length), *rest = plan;

	if (netns < 0 || setns(netns, CLONE_NEWNET))
		err(2, "network namespace");
	setsid();
	signal(SIGALRM, give_up);
	alarm(atoi(argv[2]));
	for (; rest < plan + length; count++) {
		if (count == sizeof(processes) / sizeof(*processes))
			errx(2, "too many processes");
		prepare(&processes[count], &rest);
	}
	begin = now();
	for (int i = 0; i < count; i++)
		if (!processes[i].after)
			start(&processes[i]);
	for (int i = 0; i < count; i++)
		await_one(processes, count);
	printf("%lld\n", now() - begin);
	for (int i = 0; i < count; i++)
		print(&processes[i]);
	return 0;
}
