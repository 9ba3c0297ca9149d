using Npgsql;
using NpgsqlTypes;

namespace PeftStudio.Storage.Writes;

/// <summary>What a worker says with a heartbeat. <paramref name="TrialId"/> null: idle.</summary>
public sealed record Beat(string WorkerId, int? StudyId, long? TrialId, int Attempt, int Epoch, int Step, int Steps, IReadOnlyList<BeatPoint> Points, IReadOnlyList<string> Lines);

public sealed record BeatPoint(int Epoch, double Loss, double Score);

public enum BeatAnswer
{
    GoOn,

    /// <summary>A person cancelled the trial or its study.</summary>
    Cancel,

    /// <summary>The attempt is no longer the trial's newest, or the trial was ended.</summary>
    Superseded,
}

/// <summary>
/// One heartbeat: by the database's clock, synchronous and on its own connection, because it is called from a thread of its own that must
/// not wait for the pool behind a busy processor.
/// </summary>
public static class HeartbeatWrite
{
    private const string Sql = """
        update workers set heartbeat_at = clock_timestamp(), trial_id = $2, lacks = case when $2 is null then lacks end where id = $1;
        """;

    private const string AttemptSql = """
        update attempts a set heartbeat_at = clock_timestamp(), epoch = $3, step = $4, steps = $5
        from trials t join studies s on s.id = t.study_id
        where a.trial_id = $1 and a.number = $2 and a.state = 'Running' and t.id = a.trial_id and t.attempt = a.number and t.state = 'Running'
        returning t.cancel_requested or s.state = 'Cancelled'
        """;

    private const string PointSql = """
        insert into curve_points (trial_id, attempt, epoch, loss, score) values ($1, $2, $3, $4, $5) on conflict do nothing
        """;

    private const string LineSql = "insert into events (kind, text, study_id, trial_id, attempt, worker_id) values ('Log', $1, $2, $3, $4, $5)";

    private const string NotifySql = $"select pg_notify('{Notifications.Channel}', $1)";

    public static BeatAnswer Send(NpgsqlConnection connection, Beat beat)
    {
        using var transaction = connection.BeginTransaction();
        using (var worker = new NpgsqlCommand(Sql, connection, transaction))
        {
            worker.Parameters.AddWithValue(beat.WorkerId);
            worker.Parameters.Add(new() { Value = (object?)beat.TrialId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
            worker.ExecuteNonQuery();
        }
        var answer = BeatAnswer.GoOn;
        if (beat.TrialId is { } trial)
        {
            answer = Execute(connection, transaction, AttemptSql, trial, beat.Attempt, beat.Epoch, beat.Step, beat.Steps) switch
            {
                null => BeatAnswer.Superseded,
                true => BeatAnswer.Cancel,
                _ => BeatAnswer.GoOn,
            };
            if (answer is not BeatAnswer.Superseded)
            {
                foreach (var point in beat.Points)
                    Execute(connection, transaction, PointSql, trial, beat.Attempt, point.Epoch, point.Loss, point.Score);
                foreach (var line in beat.Lines)
                    Execute(connection, transaction, LineSql, line, beat.StudyId ?? 0, trial, beat.Attempt, beat.WorkerId);
            }
            Execute(connection, transaction, NotifySql, (beat.StudyId ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        transaction.Commit();
        return answer;
    }

    private static object? Execute(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, params object[] values)
    {
        using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return command.ExecuteScalar();
    }
}
